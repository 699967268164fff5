"""Sentry's search syntax, taught in under 600 tokens."""

SEARCH_SYNTAX = """\
# Sentry's search syntax

Terms are separated by spaces and all must hold: `is:unresolved level:error TimeoutError`.
There is no OR, no AND, no parentheses. Free text searches titles and messages; put it last.

| term | finds |
|---|---|
| `is:unresolved` `is:resolved` `is:ignored` | by status (ignored is also called archived) |
| `is:new` `is:ongoing` `is:regressed` `is:escalating` | by what it did recently |
| `is:assigned` `is:unassigned` `is:for_review` `is:linked` | by what people did |
| `level:error` | fatal, error, warning, info, debug |
| `release:shop@1.5.0` `release:latest` | seen in a release |
| `firstRelease:shop@1.5.0` | new in a release |
| `environment:production` | seen there |
| `assigned:me` `assigned:ann@example.com` `assigned:#team` `assigned:none` | by assignee |
| `firstSeen:-24h` `age:-24h` | first seen within 24 hours (`+7d`: more than 7 days ago) |
| `lastSeen:-1h` | last seen within an hour (units: m h d w) |
| `timesSeen:>100` | by count of events (`>` `>=` `<` `<=`) |
| `error.type:KeyError` `error.handled:false` `error.unhandled:true` | by exception |
| `message:"disk is full"` `stack.filename:cart.py` `transaction:/checkout` | by text of the event |
| `user.id:7` `user.email:ann@example.com` `user.username:ann` | by affected user |
| `platform:python` `project:shop` `has:user` | by platform, project, presence |
| `plan:pro` | any tag of yours |
| `4f2d...` (32 hex digits), `SHOP-12` | the issue of an event, an issue |

- Quotes around spaces and colons: `message:"no space left"`, `"TypeError: x is undefined"`.
- `!` negates: `!level:info`, `!has:release`.
- `*` is any text: `release:shop@1.*`, `message:"*timeout*"`.
- Several values: `level:[error, fatal]`.
- `*` alone finds every issue; without a query it is `is:unresolved`.
"""
