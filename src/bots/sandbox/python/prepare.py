"""Runs once, when the snapshot is built: imports what commands may import, and puts our own versions in place."""

import importlib
import sys
import warnings

# What a command may import. Everything here is imported into the snapshot, so it costs nothing at run time.
ALLOWED = frozenset("""
abc array ast asyncio base64 binascii bisect calendar cmath collections collections.abc colorsys contextlib contextvars
copy csv dataclasses datetime decimal difflib email.utils enum fractions functools graphlib hashlib heapq hmac html
html.entities html.parser inspect io ipaddress itertools json keyword logging math numbers operator pprint random re reprlib
secrets shlex statistics string struct textwrap time timeit tomllib traceback types typing unicodedata urllib
urllib.parse uuid warnings weakref xml.etree.ElementTree xml.etree xml zlib zoneinfo __future__
""".split())

# Not for commands themselves: what the modules above load on first use, some by way of the command's own import.
HELPERS = frozenset("""
_strptime _suggestions _pydatetime _pylong _compat_pickle encodings.idna encodings.ascii encodings.latin_1 encodings.utf_16
encodings.utf_32 encodings.cp1251 encodings.cp1252 encodings.raw_unicode_escape encodings.unicode_escape encodings.hex_codec
encodings.rot_13 encodings.punycode encodings.utf_8_sig encodings.utf_16_le encodings.utf_16_be encodings.cp437
encodings.base64_codec encodings.koi8_r encodings.koi8_u encodings.cp866 encodings.iso8859_1 encodings.iso8859_2
encodings.iso8859_5 encodings.iso8859_15 encodings.cp1250 encodings.cp1254 encodings.cp1256 encodings.gbk encodings.gb18030
encodings.big5 encodings.shift_jis encodings.euc_jp encodings.euc_kr
linecache tokenize signal zoneinfo._common zoneinfo._tzpath zoneinfo._zoneinfo stringprep
_colorize copyreg pickle concurrent.futures concurrent.futures.thread
asyncio.base_events asyncio.queues asyncio.taskgroups asyncio.timeouts
string.templatelib annotationlib json.decoder json.encoder json.scanner xml.parsers.expat
logging.handlers email.message email.parser quopri
""".split())

for name in sorted(ALLOWED | HELPERS):
    try:
        importlib.import_module(name)
    except ImportError:
        # A module that this build of Python lacks is simply not offered.
        ALLOWED -= {name}

# Help for the writer of the command would go to the run log, where it reads like the command's own output.
warnings.simplefilter("ignore")
sys.dont_write_bytecode = True


def facade_names(host_calls):
    """What the facade starts with: modules for itself, those that commands find as ready names, the server's calls."""
    import builtins
    import urllib.parse

    ready = """re json math random time base64 binascii hashlib datetime string html uuid itertools collections functools
               decimal statistics textwrap calendar copy csv io asyncio zoneinfo traceback""".split()
    own = {name: sys.modules[name] for name in (*ready, "ast")}
    return {
        **own, "builtins": builtins, "urllib": urllib, "_METHODS": sys.modules["_latchkey_methods"].METHODS,
        "ALLOWED": ALLOWED, "HELPERS": HELPERS - {"signal"}, "HOST_CALLS": host_calls,
        "_MODULES": [sys.modules[name] for name in ready], "_real_import": builtins.__import__,
    }


def install_zones(files):
    """Gives zoneinfo its data, {name: file in base64}: there is no directory where it could look."""
    import base64
    import io
    import zoneinfo
    from zoneinfo import _common

    data = {name: base64.b64decode(text) for name, text in files.items()}

    def load_tzdata(key):
        if key not in data:
            raise zoneinfo.ZoneInfoNotFoundError(f"No time zone found with key {key}")
        return io.BytesIO(data[key])

    def available_timezones():
        return set(data)

    _common.load_tzdata = load_tzdata
    zoneinfo.available_timezones = available_timezones
