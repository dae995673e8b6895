/// What Swift does not see of Linux.
