from workbench.decoding.native.value_reader import ValueReader

class CborReader(ValueReader):
    def __init__(self) -> None: ...
