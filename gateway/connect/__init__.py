"""Getting to know a broker: listen for a while, find out who speaks how, write a source that receives it."""
