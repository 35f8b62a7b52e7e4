"""Where there is a place tonight: what facilities have free, how near they are, and places held for referrals."""
