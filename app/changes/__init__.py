"""What a device pulls: the reference it works by, and a feed of what changed for it since it last asked."""
