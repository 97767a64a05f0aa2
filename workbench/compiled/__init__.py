"""The loops over bytes: compiled, without the interpreter's lock, each called from one room above.

Every function checks each length that it reads against the buffer before it follows it: payloads are hostile.
"""
