"""imdctl: the command line, what it shows, and the control socket between it and the daemon."""
