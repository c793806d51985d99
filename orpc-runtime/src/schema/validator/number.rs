//! Numbers without loss.

use std::cmp::Ordering;

use serde_json::Number;

/// A number without loss.
#[derive(Debug, Clone, Copy)]
pub(in crate::schema) enum Exact {
    Integer(i128),
    Float(f64),
}

/// Two to the power of 127, from which on floats are beyond every `i128`.
const BEYOND: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;

impl Exact {
    /// Returns a number of JSON.
    pub(in crate::schema) fn of(number: &Number) -> Self {
        let integer = number.as_u64().map(i128::from).or_else(|| number.as_i64().map(i128::from));
        match integer {
            Some(integer) => Self::Integer(integer),
            None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
        }
    }

    /// Compares two numbers; `None` if one of them is not a number.
    pub(in crate::schema) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(one), Self::Integer(other)) => Some(one.cmp(&other)),
            (Self::Float(one), Self::Float(other)) => one.partial_cmp(&other),
            (Self::Integer(one), Self::Float(other)) => {
                compare_float(other, one).map(Ordering::reverse)
            }
            (Self::Float(one), Self::Integer(other)) => compare_float(one, other),
        }
    }

    pub(in crate::schema) fn is_integer(self) -> bool {
        match self {
            Self::Integer(_) => true,
            Self::Float(float) => float.fract() == 0.0,
        }
    }

    /// Returns the digits of the decimal number and the power of ten that they are
    /// multiplied by; `None` if it is not finite.
    fn decimal(self) -> Option<(u128, i64)> {
        let float = match self {
            Self::Integer(integer) => return Some((integer.unsigned_abs(), 0)),
            Self::Float(float) if float.is_finite() => float.abs(),
            Self::Float(_) => return None,
        };
        // The shortest digits that are read as this float, of which there are at most 17.
        let text = format!("{float:e}");
        let (digits, exponent) = text.split_once('e')?;
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let exponent = exponent.parse::<i64>().ok()? - i64::try_from(fraction.len()).ok()?;
        Some((format!("{whole}{fraction}").parse().ok()?, exponent))
    }

    /// Returns whether a number is an integer times another one, both as they are written
    /// in decimal.
    pub(in crate::schema) fn is_multiple_of(self, divisor: Self) -> bool {
        let (Some((digits, exponent)), Some((by, by_exponent))) =
            (self.decimal(), divisor.decimal())
        else {
            return false;
        };
        if by == 0 {
            return false;
        }
        let shift = exponent - by_exponent;
        let power = u32::try_from(shift.unsigned_abs()).unwrap_or(u32::MAX);
        if shift >= 0 {
            multiply_mod(digits, power_mod(10, power, by), by) == 0
        } else {
            // A divisor with more digits than any number has divides zero alone.
            let by = 10_u128.checked_pow(power).and_then(|power| by.checked_mul(power));
            digits == 0 || by.is_some_and(|by| digits % by == 0)
        }
    }
}

/// Compares a float with an integer.
#[allow(clippy::cast_possible_truncation, reason = "of floats within the range alone")]
fn compare_float(float: f64, integer: i128) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float >= BEYOND {
        return Some(Ordering::Greater);
    }
    if float < -BEYOND {
        return Some(Ordering::Less);
    }
    let whole = float.trunc();
    Some((whole as i128).cmp(&integer).then_with(|| float.total_cmp(&whole)))
}

/// Returns a product modulo a number, without overflow.
fn multiply_mod(mut one: u128, mut other: u128, modulus: u128) -> u128 {
    if let Some(product) = one.checked_mul(other) {
        return product % modulus;
    }
    let add = |one: u128, other: u128| {
        let left = modulus - other;
        if one >= left { one - left } else { one + other }
    };
    let mut product = 0;
    one %= modulus;
    while other > 0 {
        if other & 1 == 1 {
            product = add(product, one);
        }
        one = add(one, one);
        other >>= 1;
    }
    product
}

fn power_mod(mut base: u128, mut power: u32, modulus: u128) -> u128 {
    let mut result = 1 % modulus;
    while power > 0 {
        if power & 1 == 1 {
            result = multiply_mod(result, base, modulus);
        }
        base = multiply_mod(base, base, modulus);
        power >>= 1;
    }
    result
}

/// A bound of a number.
#[derive(Debug, Clone, Copy)]
pub(in crate::schema) struct Bound {
    pub(in crate::schema) limit: Exact,
    pub(in crate::schema) is_minimum: bool,
    pub(in crate::schema) is_exclusive: bool,
}

impl Bound {
    /// Returns the bound that a keyword sets.
    pub(in crate::schema) fn of(keyword: &str, limit: &Number) -> Self {
        Self {
            limit: Exact::of(limit),
            is_minimum: keyword == "minimum" || keyword == "exclusiveMinimum",
            is_exclusive: keyword.starts_with("exclusive"),
        }
    }

    pub(in crate::schema) fn contains(&self, number: Exact) -> bool {
        match number.compare(self.limit) {
            Some(Ordering::Equal) => !self.is_exclusive,
            Some(Ordering::Greater) => self.is_minimum,
            Some(Ordering::Less) => !self.is_minimum,
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn exact(value: &serde_json::Value) -> Exact {
        Exact::of(value.as_number().unwrap())
    }

    #[test]
    fn integers_and_floats_are_compared_without_rounding() {
        let ascending = [
            json!(-1e300),
            json!(i64::MIN),
            json!(-9_007_199_254_740_993_i64),
            json!(-9_007_199_254_740_992.0),
            json!(-1.5),
            json!(-1),
            json!(-0.5),
            json!(0),
            json!(5e-324),
            json!(1),
            json!(1.5),
            json!(9_007_199_254_740_992.0),
            json!(9_007_199_254_740_993_i64),
            json!(u64::MAX),
            json!(18_446_744_073_709_551_616.0),
            json!(1e300),
        ];
        for (index, one) in ascending.iter().enumerate() {
            for (other_index, other) in ascending.iter().enumerate() {
                let order = exact(one).compare(exact(other));
                assert_eq!(order, Some(index.cmp(&other_index)), "{one} {other}");
            }
        }
        assert_eq!(exact(&json!(-0.0)).compare(exact(&json!(0))), Some(Ordering::Equal));
        assert_eq!(Exact::Float(f64::NAN).compare(Exact::Integer(0)), None);
        let (least, most) = (Exact::Integer(i128::MIN), Exact::Integer(i128::MAX));
        assert_eq!(Exact::Float(-BEYOND).compare(least), Some(Ordering::Equal));
        assert_eq!(Exact::Float(-1e300).compare(least), Some(Ordering::Less));
        assert_eq!(Exact::Float(BEYOND).compare(most), Some(Ordering::Greater));
    }

    #[test]
    fn multiples_are_those_of_the_decimal_numbers() {
        for (number, divisor, expected) in [
            (json!(0.07), json!(0.01), true),
            (json!(0.3), json!(0.1), true),
            (json!(0.35), json!(0.1), false),
            (json!(4.35), json!(0.01), true),
            (json!(1e300), json!(0.01), true),
            (json!(1e300), json!(3), false),
            (json!(1e-300), json!(1), false),
            (json!(1e-300), json!(1e-301), true),
            (json!(0), json!(0.1), true),
            (json!(-0.0), json!(7), true),
            (json!(-9), json!(3), true),
            (json!(10), json!(4), false),
            (json!(10), json!(2.5), true),
            (json!(20), json!(10.0), true),
            (json!(25), json!(10.0), false),
            (json!(u64::MAX), json!(5), true),
            (json!(u64::MAX), json!(7), false),
            (json!(1e20), json!(u64::MAX), false),
            (json!(1.8446744073709552e19), json!(1e19), false),
            (json!(7), json!(0), false),
        ] {
            assert_eq!(
                exact(&number).is_multiple_of(exact(&divisor)),
                expected,
                "{number} {divisor}"
            );
        }
        assert!(!Exact::Float(f64::INFINITY).is_multiple_of(Exact::Integer(1)));
    }

    #[test]
    fn products_are_reduced_without_overflow() {
        let large = u128::MAX - 58;
        assert_eq!(multiply_mod(large - 1, large - 1, large), 1);
        assert_eq!(power_mod(10, 0, 1), 0);
        assert_eq!(power_mod(10, 40, 7), 4);
        assert_eq!(power_mod(10, 1, 7), 3);
        // Fermat's little theorem: 2^61 - 1 and 2^127 - 1 are primes.
        for prime in [(1 << 61) - 1, u128::MAX >> 1] {
            let inverse =
                (0..126).fold(1, |power, _| multiply_mod(power, power_mod(3, 5, prime), prime));
            assert_eq!(inverse, power_mod(3, 5 * 126, prime));
            assert_eq!(
                multiply_mod(u128::MAX, prime - 1, prime),
                (prime - u128::MAX % prime) % prime
            );
        }
    }
}
