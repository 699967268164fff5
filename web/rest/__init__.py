"""REST, for clients that speak no MCP: what the tools read and change, as JSON by HTTP's own means."""
