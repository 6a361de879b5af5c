"""What defects of the Messages API share."""
