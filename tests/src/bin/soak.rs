//! `cargo soak`.

fn main() -> std::process::ExitCode {
    vm_autoscale_tests::soak::main()
}
