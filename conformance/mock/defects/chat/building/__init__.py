"""What several defects of Chat Completions are made of; nothing here is a defect by itself."""
