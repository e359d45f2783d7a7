"""Start-ups' accounts on the open broker: who may read what, until when; and what the broker tells of their use."""
