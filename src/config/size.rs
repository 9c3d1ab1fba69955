//! Sizes as people write them: `512M`, `2G`, `65536`.

/// Bytes from a number with `k`, `M` or `G` (powers of 1,024) behind it, or none.
///
/// # Errors
/// A sentence that says how a size is written.
pub fn size(written: &str) -> Result<u64, String> {
    let wrong = || format!("{written:?} is no size: write 512M, 2G or a number of bytes");
    let text = written.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match text.get(digits.len()..).unwrap_or_default().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.trim().parse().map_err(|_| wrong())?;
    number.checked_mul(unit).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_number_with_its_unit() {
        for (written, bytes) in
            [("0", 0), ("7", 7), ("64k", 65536), ("512M", 512 << 20), (" 2 GiB ", 2 << 30)]
        {
            assert_eq!(size(written), Ok(bytes), "{written}");
        }
        for wrong in ["", "M", "-1", "1.5G", "1T", "99999999999G", "1MM"] {
            assert!(size(wrong).is_err_and(|said| said.contains("512M")), "{wrong}");
        }
    }
}
