"""Payloads that are no lists, as Hypothesis strategies: some that SPEC.md names, some damaged at random.

What is drawn may turn out to be a list after all: that is for lists.py to say."""
from hypothesis import strategies as st

from .lists import ber, freeze_strings

GOOD = freeze_strings([b"echo", b"a"])
LENGTHS = tuple(base + d for base in (1 << 31, 1 << 32, 1 << 63, 1 << 64, 1 << 70, 1 << 128) for d in (-1, 0, 1, 2))
SHORT = tuple(ber(n) + b"x" * (n - short) for n, short in ((1, 1), (5, 1), (5, 5), (127, 1), (128, 1), (300, 100)))
UNTERMINATED = (b"\x80", b"\x81", b"\xff", b"\x80" * 9, b"\xff" * 9, b"\xff" * 10, b"\xff" * 11, b"\x80" * 400)
LONG_RUN_BYTES = 1 << 20  # SER-8b



def with_length(begin, number, pads, body):
    """body None: the octets that are right for a reader that keeps the low bits."""
    return begin + ber(number, pads) + (b"x" * (number & 3) if body is None else body)


def with_run(begin, count, last):
    return begin + b"\xff" * count + last


def as_argument(value):
    return b'["echo",' + value + b"]"


begins = st.sampled_from((b"", GOOD))
string_lists = st.one_of(
    st.builds(with_length, begins, st.sampled_from(LENGTHS), st.sampled_from((0, 0, 3)), st.sampled_from((None, b"", b"ab"))),
    st.builds(with_run, begins, st.sampled_from((9, 10, 20, LONG_RUN_BYTES)), st.sampled_from((b"", b"\x7f", b"\0"))),
    st.builds(bytes.__add__, begins, st.sampled_from(SHORT)),
    st.builds(bytes.__add__, begins, st.sampled_from(UNTERMINATED)),
)

ECHO = b'["echo","a"]'
NO_ARRAYS = (b"{}", b'{"echo":1}', b"true", b"false", b"null", b"0", b"7", b'"echo"', b'""', b"", b" ")
NO_JSON = (ECHO + b"x", ECHO + b"]", ECHO + ECHO, ECHO + b"\0", ECHO + b",", b'["echo","a",]', b'["echo",,"a"]', b'["echo" "a"]', b"[,]",
           b'["echo","a"', b'["echo","a', b'["echo"/**/,"a"]', b'["echo"//\n]', b"#\n" + ECHO, b"['echo','a']", b"[echo]", b"\xef\xbb\xbf" + ECHO,
           ECHO.decode().encode("utf-16"), ECHO.decode().encode("utf-16-le"), b"\x0b" + ECHO, b"\xc2\xa0" + ECHO, b'{"a":1}' + ECHO)
VALUES = (b"NaN", b"Infinity", b"-Infinity", b"nan", b"01", b"-01", b"+1", b".5", b"1.", b"1e", b"-", b"0x10", b"True", b"nul", b"undefined",
          b'"\x01"', b'"\n"', b'"\t"', b'"\\x41"', b'"\\\'"', b'"\\u12"', b'"\\u+123"', b'"\\"', b'{a:1}', b'{"a":1,}', b'{"a"}', b'{1:2}')
SURROGATES = (b'"\\ud800"', b'"\\udc00"', b'"\\udfff"', b'"\\ud800\\ud800"', b'"\\ud800x"', b'"\\ud800\\n"', b'"\\udc00\\ud800"',
              b'"\xed\xa0\x80"', b'"\xed\xbf\xbf"', b'"\xed\xa0\x80\xed\xb0\x80"')
NO_UTF8 = (b'"\x80"', b'"\xff"', b'"\xc0\x80"', b'"\xc1\xbf"', b'"\xe0\x80\x80"', b'"\xf0\x80\x80\x80"', b'"\xf4\x90\x80\x80"', b'"\xe2\x82"',
           b'"\xc3"', b'"\xf8\x88\x80\x80\x80"')
DEEP = tuple(b'["echo",' + b"[" * n + b"]" * n + b"]" for n in (512, 513, 600, 100000))

json_lists = st.one_of(
    st.just(b""), st.sampled_from(NO_ARRAYS), st.sampled_from(NO_JSON), st.sampled_from(DEEP),
    *(st.sampled_from(some).map(as_argument) for some in (VALUES, VALUES, SURROGATES, NO_UTF8)),
)
