"""What a study found, as one picture and one self-contained HTML page."""
