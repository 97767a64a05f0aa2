;; Writes every record as it was read. The smallest data transform; a start for your own.
(module
  (import "redpanda_transform" "check_abi_version_1" (func $check_abi_version_1))
  (import "redpanda_transform" "read_batch_header"
    (func $read_batch_header (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "redpanda_transform" "read_next_record" (func $read_next_record (param i32 i32 i32 i32 i32) (result i32)))
  (import "redpanda_transform" "write_record" (func $write_record (param i32 i32) (result i32)))

  (memory (export "memory") 17)
  ;; 0 to 95: numbers of the batch and of the record. From 1024 on: the record, up to the end of the memory.
  (func (export "_start")
    (local $length i32)
    (call $check_abi_version_1)
    (loop $batch
      ;; Waits for a batch; its numbers are not needed here.
      (if (i32.lt_s
            (call $read_batch_header
              (i32.const 0) (i32.const 8) (i32.const 12) (i32.const 16) (i32.const 20)
              (i32.const 24) (i32.const 32) (i32.const 40) (i32.const 48) (i32.const 52))
            (i32.const 0))
        (then (return)))
      (loop $record
        (local.set $length
          (call $read_next_record
            (i32.const 64) (i32.const 72) (i32.const 80) (i32.const 1024) (i32.const 1113088)))
        (if (i32.eq (local.get $length) (i32.const -1)) (then (br $batch)))
        (if (i32.lt_s (local.get $length) (i32.const 0)) (then (unreachable)))
        (drop (call $write_record (i32.const 1024) (local.get $length)))
        (br $record)))))
