//! `cargo demo`.

fn main() -> std::process::ExitCode {
    vm_autoscale_tests::demo::main()
}
