"""Charts: values in, an `altair.Chart` out. No text from an Event or a row ever enters one."""
