;; Masks a member of JSON values, wherever it stands: MASK_MEMBER names it. Characters of a text become *, digits of a
;; number become 9, so that the value stays JSON and keeps its length. A record whose member is an object or an array is
;; not written, and the log says so: its parts cannot be masked this way. Names that are written with escapes (\u0065)
;; are not recognised. Key and headers stay as they are.
(module
  (import "redpanda_transform" "check_abi_version_1" (func $check_abi_version_1))
  (import "redpanda_transform" "read_batch_header"
    (func $read_batch_header (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "redpanda_transform" "read_next_record" (func $read_next_record (param i32 i32 i32 i32 i32) (result i32)))
  (import "redpanda_transform" "write_record" (func $write_record (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))

  ;; 0 to 95: numbers of the batch and of the record; 96 to 111: for the log; 128 to 511: texts; 1024 on: pointers and
  ;; texts of the environment; 393216 on: the record, up to the end of the memory.
  (memory (export "memory") 23)
  (data (i32.const 128) "MASK_MEMBER=")
  (data (i32.const 160) "Set the variable MASK_MEMBER to the name of the member to mask.\n")
  (data (i32.const 256) "The member to mask is an object or an array: this record is not written.\n")
  (global $member (mut i32) (i32.const 0))
  (global $member_length (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 0))

  (func $log (param $text i32) (param $length i32)
    (i32.store (i32.const 96) (local.get $text))
    (i32.store (i32.const 100) (local.get $length))
    (drop (call $fd_write (i32.const 2) (i32.const 96) (i32.const 1) (i32.const 104))))

  (func $same (param $one i32) (param $other i32) (param $length i32) (result i32)
    (block $differs
      (loop $next
        (if (i32.eqz (local.get $length)) (then (return (i32.const 1))))
        (br_if $differs (i32.ne (i32.load8_u (local.get $one)) (i32.load8_u (local.get $other))))
        (local.set $one (i32.add (local.get $one) (i32.const 1)))
        (local.set $other (i32.add (local.get $other) (i32.const 1)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $next)))
    (i32.const 0))

  ;; Finds MASK_MEMBER among the variables, which are texts that end with a zero byte.
  (func $read_member
    (local $text i32) (local $count i32) (local $last i32)
    (drop (call $environ_sizes_get (i32.const 96) (i32.const 100)))
    (local.set $count (i32.load (i32.const 96)))
    (drop (call $environ_get (i32.const 1024) (i32.add (i32.const 1024) (i32.mul (local.get $count) (i32.const 4)))))
    (loop $next
      (if (i32.eqz (local.get $count))
        (then (call $log (i32.const 160) (i32.const 64)) (unreachable)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (local.set $text (i32.load (i32.add (i32.const 1024) (i32.mul (local.get $count) (i32.const 4)))))
      (br_if $next (i32.eqz (call $same (local.get $text) (i32.const 128) (i32.const 12)))))
    (global.set $member (i32.add (local.get $text) (i32.const 12)))
    (local.set $last (global.get $member))
    (block $found
      (loop $more
        (br_if $found (i32.eqz (i32.load8_u (local.get $last))))
        (local.set $last (i32.add (local.get $last) (i32.const 1)))
        (br $more)))
    (global.set $member_length (i32.sub (local.get $last) (global.get $member))))

  ;; Reads a zigzag varint; $end is the place behind it.
  (func $varint (param $at i32) (result i32)
    (local $shift i32) (local $number i32) (local $byte i32)
    (loop $more
      (local.set $byte (i32.load8_u (local.get $at)))
      (local.set $number
        (i32.or (local.get $number)
                (i32.shl (i32.and (local.get $byte) (i32.const 127)) (local.get $shift))))
      (local.set $shift (i32.add (local.get $shift) (i32.const 7)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $more (i32.ge_u (local.get $byte) (i32.const 128))))
    (global.set $end (local.get $at))
    (i32.xor (i32.shr_u (local.get $number) (i32.const 1))
             (i32.sub (i32.const 0) (i32.and (local.get $number) (i32.const 1)))))

  (func $skip_blanks (param $at i32) (param $stop i32) (result i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $stop)))
        (br_if $done (i32.gt_u (i32.load8_u (local.get $at)) (i32.const 32)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $at))

  ;; The place of the quote that ends a text, or the end of the value.
  (func $text_end (param $at i32) (param $stop i32) (result i32)
    (loop $next
      (if (i32.ge_u (local.get $at) (local.get $stop)) (then (return (local.get $stop))))
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x22)) (then (return (local.get $at))))
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x5c))
        (then (local.set $at (i32.add (local.get $at) (i32.const 1)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next))
    (unreachable))

  ;; Masks one value; 1 where it is an object or an array.
  (func $mask_value (param $at i32) (param $stop i32) (result i32)
    (local $character i32)
    (if (i32.ge_u (local.get $at) (local.get $stop)) (then (return (i32.const 0))))
    (local.set $character (i32.load8_u (local.get $at)))
    (if (i32.or (i32.eq (local.get $character) (i32.const 0x7b)) (i32.eq (local.get $character) (i32.const 0x5b)))
      (then (return (i32.const 1))))
    (if (i32.eq (local.get $character) (i32.const 0x22))
      (then
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $stop (call $text_end (local.get $at) (local.get $stop)))
        (block $written
          (loop $next
            (br_if $written (i32.ge_u (local.get $at) (local.get $stop)))
            (i32.store8 (local.get $at) (i32.const 0x2a))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next)))
        (return (i32.const 0))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $stop)))
        (local.set $character (i32.load8_u (local.get $at)))
        (br_if $done (i32.eq (local.get $character) (i32.const 0x2c)))
        (br_if $done (i32.eq (local.get $character) (i32.const 0x7d)))
        (br_if $done (i32.eq (local.get $character) (i32.const 0x5d)))
        (if (i32.lt_u (i32.sub (local.get $character) (i32.const 0x30)) (i32.const 10))
          (then (i32.store8 (local.get $at) (i32.const 0x39))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (i32.const 0))

  ;; Masks every member of the name in a value; 1 where the record is not to be written.
  (func $mask (param $at i32) (param $stop i32) (result i32)
    (local $name i32) (local $name_end i32) (local $colon i32)
    (loop $next
      (if (i32.ge_u (local.get $at) (local.get $stop)) (then (return (i32.const 0))))
      (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x22))
        (then (local.set $at (i32.add (local.get $at) (i32.const 1))) (br $next)))
      (local.set $name (i32.add (local.get $at) (i32.const 1)))
      (local.set $name_end (call $text_end (local.get $name) (local.get $stop)))
      (local.set $at (i32.add (local.get $name_end) (i32.const 1)))
      (local.set $colon (call $skip_blanks (local.get $at) (local.get $stop)))
      (br_if $next (i32.ge_u (local.get $colon) (local.get $stop)))
      (br_if $next (i32.ne (i32.load8_u (local.get $colon)) (i32.const 0x3a)))
      (br_if $next (i32.ne (i32.sub (local.get $name_end) (local.get $name)) (global.get $member_length)))
      (br_if $next (i32.eqz (call $same (local.get $name) (global.get $member) (global.get $member_length))))
      (br_if $next
        (i32.eqz
          (call $mask_value
            (call $skip_blanks (i32.add (local.get $colon) (i32.const 1)) (local.get $stop))
            (local.get $stop)))))
    (i32.const 1))

  (func $transform (param $record i32) (param $length i32)
    (local $size i32)
    (local.set $size (call $varint (local.get $record)))
    (if (i32.gt_s (local.get $size) (i32.const 0))
      (then (global.set $end (i32.add (global.get $end) (local.get $size)))))
    (local.set $size (call $varint (global.get $end)))
    (if (i32.gt_s (local.get $size) (i32.const 0))
      (then
        (if (call $mask (global.get $end) (i32.add (global.get $end) (local.get $size)))
          (then (call $log (i32.const 256) (i32.const 73)) (return)))))
    (drop (call $write_record (local.get $record) (local.get $length))))

  (func (export "_start")
    (local $length i32)
    (call $check_abi_version_1)
    (call $read_member)
    (loop $batch
      (if (i32.lt_s
            (call $read_batch_header
              (i32.const 0) (i32.const 8) (i32.const 12) (i32.const 16) (i32.const 20)
              (i32.const 24) (i32.const 32) (i32.const 40) (i32.const 48) (i32.const 52))
            (i32.const 0))
        (then (return)))
      (loop $record
        (local.set $length
          (call $read_next_record
            (i32.const 64) (i32.const 72) (i32.const 80) (i32.const 393216) (i32.const 1114112)))
        (if (i32.eq (local.get $length) (i32.const -1)) (then (br $batch)))
        (if (i32.lt_s (local.get $length) (i32.const 0)) (then (unreachable)))
        (call $transform (i32.const 393216) (local.get $length))
        (br $record)))))
