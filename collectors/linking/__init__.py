"""From an Event or a text to the key it violated, and from there to a Verdict. Pure throughout."""
