"""For those who run the server: is it well, what is it doing, who did what."""
