"""The launcher: finds the folder that holds server.py and starts it."""

__version__ = "0.1.0"
