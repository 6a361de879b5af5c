"""What defects of several parameters and areas of Responses share: changes of bodies, responses, events and errors."""
