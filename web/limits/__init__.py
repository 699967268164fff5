"""How much one caller may ask of this server, so that there is enough for the others."""
