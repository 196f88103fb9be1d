//! The log, the messages, the figures and the bills.

use super::{ALL, Key, ORIGINAL, carried, refused, replaced};

const SMTP: &str =
    "in the original STARTTLS on every port; in the fork at most 60 messages an hour";
const SECRET: &str = "in the original in plain text in a file that was readable by all before 1.3.0; \
    in the fork from .env";
const METRICS: &str = "since 1.6.0: an HTTP page with figures for Prometheus, without a password";
const NO_METRICS: &str = "off: figures have other names here, and `metrics.enabled: true` of \
    config.yaml serves them";
const BILLING: &str = "before 1.5.0 only a file that grew: nothing made a report, and VMs that were \
    off were billed";
const NO_BILLING: &str = "an autoscaler writes no bills: the log has every change with its time";
const WEBHOOK: &str = "since 1.5.0: called with each bill, a script as root";

pub(super) const KEYS: &[Key] = &[
    carried(
        "logging.level",
        ALL,
        "void in the original as installed: logging_config.json held over it",
        "config.yaml: logging.level",
    ),
    carried(
        "logging.log_file",
        ALL,
        "void in the original as installed: logging_config.json held over it",
        "config.yaml: logging.log_file; rotated by size and by day",
    ),
    carried("alerts.email_enabled", ALL, SMTP, "config.yaml: alerts.email_enabled"),
    carried(
        "alerts.email_recipient",
        ALL,
        "one address, in the original also a list",
        "config.yaml: alerts.email_recipient; several are separated by commas",
    ),
    carried("alerts.smtp_server", ALL, SMTP, "config.yaml: alerts.smtp_server"),
    carried(
        "alerts.smtp_port",
        ALL,
        SMTP,
        "config.yaml: alerts.smtp_port; 465 is TLS from the start",
    ),
    carried("alerts.smtp_user", ALL, "the login, and the sender", "config.yaml: alerts.smtp_user"),
    replaced(
        "alerts.smtp_password",
        ALL,
        SECRET,
        "never copied: put VM_AUTOSCALE_SMTP_PASSWORD=… into /etc/vm-autoscale/scheduler.env",
    ),
    carried(
        "gotify.enabled",
        ALL,
        "sent every change and every failure, in the original before 1.7.0 repeated each round",
        "config.yaml: gotify.enabled",
    ),
    carried("gotify.server_url", ALL, "sent messages there", "config.yaml: gotify.server_url"),
    replaced(
        "gotify.app_token",
        ALL,
        SECRET,
        "never copied: put VM_AUTOSCALE_GOTIFY_TOKEN=… into /etc/vm-autoscale/scheduler.env",
    ),
    carried(
        "gotify.priority",
        ALL,
        "where an event had none of its own",
        "config.yaml: gotify.priority",
    ),
    carried(
        "notification_dedup_seconds",
        ORIGINAL,
        "since 1.7.0: the same message was not sent again for so long",
        "config.yaml: notification_dedup_seconds",
    ),
    refused("metrics.enabled", ORIGINAL, METRICS, NO_METRICS),
    refused("metrics.bind", ORIGINAL, METRICS, NO_METRICS),
    refused("metrics.port", ORIGINAL, METRICS, NO_METRICS),
    refused("metrics.path", ORIGINAL, METRICS, NO_METRICS),
    refused("billing.enabled", ORIGINAL, BILLING, NO_BILLING),
    refused("billing.billing_period_days", ORIGINAL, BILLING, NO_BILLING),
    refused("billing.cost_per_cpu_core_per_hour", ORIGINAL, BILLING, NO_BILLING),
    refused("billing.cost_per_gb_ram_per_hour", ORIGINAL, BILLING, NO_BILLING),
    refused("billing.csv_output_dir", ORIGINAL, BILLING, NO_BILLING),
    refused("billing.webhook_script", ORIGINAL, WEBHOOK, NO_BILLING),
    refused("billing.webhook_url", ORIGINAL, WEBHOOK, NO_BILLING),
];
