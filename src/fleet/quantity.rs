//! Kubernetes quantities: `250m`, `1.5Gi`, `3e2` (`resource.Quantity` of apimachinery).

/// CPU in thousandths of a core. An unreadable text is `None`; fractions of a thousandth round up, as the scheduler
/// does.
pub fn cpu_millis(text: &str) -> Option<u64> {
    scaled(text, 1000.0)
}

/// Bytes, or any whole count (`pods`, `count/…`). Fractions round up.
pub fn whole(text: &str) -> Option<u64> {
    scaled(text, 1.0)
}

fn scaled(text: &str, by: f64) -> Option<u64> {
    let text = text.trim();
    let split = text
        .char_indices()
        .find(|&(i, c)| !(c.is_ascii_digit() || c == '.' || ((c == '+' || c == '-') && i == 0)))
        .map_or(text.len(), |(i, _)| i);
    let (number, suffix) = text.split_at(split);
    let number: f64 = number.parse().ok()?;
    let factor = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        "Pi" => 1_125_899_906_842_624.0,
        "Ei" => 1_152_921_504_606_846_976.0,
        _ => 10f64.powi(suffix.strip_prefix(['e', 'E'])?.parse().ok()?),
    };
    let value = number * factor * by;
    // 1e-6 absorbs the binary error of `0.1 * 1000`; a real fraction of a thousandth is far larger.
    (value.is_finite() && value >= 0.0).then(|| (value - 1e-6).ceil().max(0.0) as u64)
}

/// Bytes as people say them: `512 Mi`, `1.5 Gi`, `200 Gi`.
pub fn human_bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["B", "Ki", "Mi", "Gi", "Ti", "Pi"];
    let mut value = bytes as f64;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        if value < 1000.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if value < 10.0 && unit != "B" && (value * 10.0).round() % 10.0 != 0.0 {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.0} {unit}")
    }
}

/// CPU as people say it: `250m`, `1.5`, `20`.
pub fn human_cpu(millis: u64) -> String {
    match millis {
        m if m < 1000 => format!("{m}m"),
        m if m % 1000 == 0 || m >= 100_000 => format!("{}", m / 1000),
        m => format!("{:.1}", m as f64 / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_like_apimachinery() {
        assert_eq!(cpu_millis("250m"), Some(250));
        assert_eq!(cpu_millis("0.1"), Some(100));
        assert_eq!(cpu_millis("2"), Some(2000));
        assert_eq!(cpu_millis("1234567n"), Some(2));
        assert_eq!(whole("1.5Gi"), Some(1_610_612_736));
        assert_eq!(whole("3e2"), Some(300));
        assert_eq!(whole("128974848"), Some(128_974_848));
        assert_eq!(whole("12E"), Some(12_000_000_000_000_000_000));
        assert_eq!(whole("abc"), None);
        assert_eq!(whole("-5"), None);
    }

    #[test]
    fn quantities_print_short() {
        assert_eq!(human_bytes(512 << 20), "512 Mi");
        assert_eq!(human_bytes(3 << 29), "1.5 Gi");
        assert_eq!(human_bytes(200 << 30), "200 Gi");
        assert_eq!(human_bytes(17), "17 B");
        assert_eq!(human_cpu(250), "250m");
        assert_eq!(human_cpu(1500), "1.5");
        assert_eq!(human_cpu(20_000), "20");
    }
}
