"""The launcher: finds the folder that holds server.py and starts it."""
