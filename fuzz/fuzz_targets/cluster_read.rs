#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vm_autoscale_fuzzed::cluster_read(data));
