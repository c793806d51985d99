//! Parser of generated TypeScript types, to check whether JSON values are of a type.

use std::collections::HashMap;

use serde_json::Value;

/// A type, in the forms that generated files use.
#[derive(Debug, Clone)]
pub(super) enum Type {
    Named(String, Vec<Type>),
    Literal(Value),
    Array(Box<Type>),
    Tuple { items: Vec<Type>, required: usize },
    Object { members: Vec<Member>, others: Option<Box<Type>> },
    Union(Vec<Type>),
    Intersection(Vec<Type>),
}

#[derive(Debug, Clone)]
pub(super) struct Member {
    name: String,
    is_optional: bool,
    of: Type,
}

/// The types of a file whose one procedure takes `{ of: Input[] }` and returns `Output[]`.
pub(super) struct Types {
    named: HashMap<String, Type>,
    pub(super) input: Type,
    pub(super) output: Type,
}

impl Types {
    pub(super) fn of(text: &str) -> Self {
        let mut parser = Parser { rest: text };
        let mut named = HashMap::new();
        while parser.peek().is_some() {
            let keyword = parser.word();
            if keyword == "import" {
                while !parser.takes(";") {
                    parser.token();
                }
                continue;
            }
            assert_eq!((keyword, parser.word()), ("export", "type"), "{text}");
            let name = parser.word();
            // The parameters of the client's type.
            while !parser.takes("=") || parser.peek() == Some("Record") {
                parser.token();
            }
            named.insert(name.to_owned(), parser.union());
            parser.expect(";");
        }
        let echo = match &named["Client"] {
            Type::Object { members, .. } => &members[0].of,
            other => panic!("{other:?}"),
        };
        let Type::Named(_, arguments) = echo else { panic!("{echo:?}") };
        let Type::Named(input, _) = &arguments[1] else { panic!("{echo:?}") };
        let Type::Object { members, .. } = &named[input] else { panic!("{text}") };
        let of_array = |array: &Type| match array {
            Type::Array(item) => Type::clone(item),
            other => panic!("{other:?}"),
        };
        let (input, output) = (of_array(&members[0].of), of_array(&arguments[2]));
        Self { named, input, output }
    }
}

impl Type {
    /// Returns `true` if a value is of the type.
    pub(super) fn holds(&self, value: &Value, types: &Types) -> bool {
        match self {
            Self::Named(name, _) => match (name.as_str(), value) {
                ("unknown", _)
                | ("string", Value::String(_))
                | ("number", Value::Number(_))
                | ("boolean", Value::Bool(_))
                | ("null", Value::Null) => true,
                ("string" | "number" | "boolean" | "null" | "undefined" | "never", _) => false,
                (name, value) => types.named[name].holds(value, types),
            },
            Self::Literal(literal) => literal == value,
            Self::Array(item) => match value {
                Value::Array(items) => items.iter().all(|value| item.holds(value, types)),
                _ => false,
            },
            Self::Tuple { items, required } => match value {
                Value::Array(values) => {
                    (*required..=items.len()).contains(&values.len())
                        && items.iter().zip(values).all(|(item, value)| item.holds(value, types))
                }
                _ => false,
            },
            Self::Object { members, others } => {
                let Value::Object(given) = value else {
                    return members.is_empty() && others.is_none() && !value.is_null();
                };
                let has_all = members.iter().all(|member| match given.get(&member.name) {
                    Some(value) => member.of.holds(value, types),
                    None => member.is_optional,
                });
                let has_no_other = given.iter().all(|(name, value)| {
                    members.iter().any(|member| member.name == *name)
                        || others.as_ref().is_none_or(|others| others.holds(value, types))
                });
                has_all && has_no_other
            }
            Self::Union(parts) => parts.iter().any(|part| part.holds(value, types)),
            Self::Intersection(parts) => parts.iter().all(|part| part.holds(value, types)),
        }
    }

    /// Returns `true` if a value is of the type and has no excess members, as the compiler
    /// requires of a literal.
    pub(super) fn names(&self, value: &Value, types: &Types) -> bool {
        if !self.holds(value, types) {
            return false;
        }
        match (self, value) {
            (Self::Named(name, _), _) => {
                types.named.get(name).is_none_or(|of| of.names(value, types))
            }
            (Self::Array(item), Value::Array(items)) => {
                items.iter().all(|value| item.names(value, types))
            }
            (Self::Tuple { items, .. }, Value::Array(values)) => {
                items.iter().zip(values).all(|(item, value)| item.names(value, types))
            }
            (Self::Object { members, others }, Value::Object(given)) => {
                given.iter().all(|(name, value)| {
                    match members.iter().find(|member| member.name == *name) {
                        Some(member) => member.of.names(value, types),
                        None => others.as_ref().is_some_and(|others| others.names(value, types)),
                    }
                })
            }
            (Self::Union(parts), _) => parts.iter().any(|part| part.names(value, types)),
            (Self::Intersection(_), Value::Object(given)) => {
                given.keys().all(|name| self.knows(name, types))
            }
            _ => true,
        }
    }

    fn knows(&self, name: &str, types: &Types) -> bool {
        match self {
            Self::Named(of, _) => types.named.get(of).is_some_and(|of| of.knows(name, types)),
            Self::Object { members, others } => {
                others.is_some() || members.iter().any(|member| member.name == name)
            }
            Self::Union(parts) | Self::Intersection(parts) => {
                parts.iter().any(|part| part.knows(name, types))
            }
            _ => false,
        }
    }
}

/// Reads types from the start of a text.
struct Parser<'t> {
    rest: &'t str,
}

impl<'t> Parser<'t> {
    /// The next token, without consuming it.
    fn peek(&mut self) -> Option<&'t str> {
        loop {
            self.rest = self.rest.trim_start();
            if let Some(comment) = self.rest.strip_prefix("/*") {
                self.rest = comment.split_once("*/").expect("an end of the comment").1;
            } else if let Some(comment) = self.rest.strip_prefix("//") {
                self.rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
            } else {
                break;
            }
        }
        let rest = self.rest;
        let first = rest.chars().next()?;
        let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_' || char == '$';
        let length = if first == '"' {
            let mut is_escaped = false;
            let end = rest[1..].find(|char| {
                let is_end = char == '"' && !is_escaped;
                is_escaped = char == '\\' && !is_escaped;
                is_end
            });
            end.expect("an end of the text") + 2
        } else if is_word(first) || first == '-' {
            rest[1..].find(|char| !is_word(char)).map_or(rest.len(), |end| end + 1)
        } else if rest.starts_with("...") {
            3
        } else {
            first.len_utf8()
        };
        Some(&rest[..length])
    }

    fn token(&mut self) -> &'t str {
        let token = self.peek().expect("one more token");
        self.rest = &self.rest[token.len()..];
        token
    }

    fn word(&mut self) -> &'t str {
        self.token()
    }

    fn takes(&mut self, token: &str) -> bool {
        let is_next = self.peek() == Some(token);
        if is_next {
            self.token();
        }
        is_next
    }

    fn expect(&mut self, token: &str) {
        assert!(self.takes(token), "expected {token:?} before {}", self.rest);
    }

    fn union(&mut self) -> Type {
        self.takes("|");
        let mut parts = vec![self.intersection()];
        while self.takes("|") {
            parts.push(self.intersection());
        }
        if parts.len() == 1 { parts.remove(0) } else { Type::Union(parts) }
    }

    fn intersection(&mut self) -> Type {
        let mut parts = vec![self.postfix()];
        while self.takes("&") {
            parts.push(self.postfix());
        }
        if parts.len() == 1 { parts.remove(0) } else { Type::Intersection(parts) }
    }

    fn postfix(&mut self) -> Type {
        let mut of = self.primary();
        while self.takes("[") {
            self.expect("]");
            of = Type::Array(of.into());
        }
        of
    }

    fn primary(&mut self) -> Type {
        let token = self.token();
        match token {
            "(" => {
                let of = self.union();
                self.expect(")");
                of
            }
            "{" => self.object(),
            "[" => self.tuple(),
            text if text.starts_with('"') => {
                Type::Literal(serde_json::from_str(text).expect("a text"))
            }
            name => {
                let mut arguments = Vec::new();
                if self.takes("<") {
                    while !self.takes(">") {
                        arguments.push(self.union());
                        self.takes(",");
                    }
                }
                Type::Named(name.to_owned(), arguments)
            }
        }
    }

    fn tuple(&mut self) -> Type {
        let (mut items, mut required) = (Vec::new(), 0);
        while !self.takes("]") {
            items.push(self.union());
            if !self.takes("?") {
                required = items.len();
            }
            self.takes(",");
        }
        Type::Tuple { items, required }
    }

    fn object(&mut self) -> Type {
        let (mut members, mut others) = (Vec::new(), None);
        while !self.takes("}") {
            let name = self.token();
            if name == "[" {
                while !self.takes("]") {
                    self.token();
                }
                self.expect(":");
                others = Some(Box::new(self.union()));
            } else {
                let is_optional = self.takes("?");
                self.expect(":");
                let name = serde_json::from_str(name).unwrap_or_else(|_| name.to_owned());
                members.push(Member { name, is_optional, of: self.union() });
            }
            self.takes(";");
        }
        Type::Object { members, others }
    }
}
