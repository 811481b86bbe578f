"""One module per process: `invoices` and `payments`; below them `documents` (the lane to Xero), `contacts`, `preflight`
and `recover`; below those `attempt`, the one place where something is sent.

Nothing here opens a socket, reads a clock or knows a vendor's wire: everything outside comes in through `ports`.
"""
