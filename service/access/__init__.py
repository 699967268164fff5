"""Who may: callers, what each of them may see and do, and the client that shows them no more."""
