#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vm_autoscale_fuzzed::replay_pipe(data));
