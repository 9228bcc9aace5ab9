"""Resources (numbers that are changed atomically) and CSV files, as objects over the server's calls."""


class _Resource:
    """One number of a user, of the bot, or of the account: `libs.Resources.userRes("points")`."""

    __slots__ = ("name", "_scope", "_owner")

    def __init__(self, scope, name, owner=None):
        self.name = str(name)
        self._scope = scope
        self._owner = None if owner is None else str(owner)

    def _do(self, call, *values):
        return host_call(f"libs.Resources.{call}", [self._scope, self.name, self._owner, *values])

    def value(self):
        """What it is now; 0 before the first change."""
        return self._do("value")

    get = value

    def add(self, amount):
        """Adds, in one step, and gives the new value."""
        return self._do("add", amount)

    def cut(self, amount):
        """Takes away, in one step, and gives the new value."""
        return self._do("add", -_number(amount))

    def set(self, amount):
        return self._do("set", amount)

    def reset(self):
        return self._do("set", 0)

    def getAllData(self, limit=None):
        """Who has how much of it, most first: [{"user": ..., "value": ...}]."""
        return host_call("libs.Resources.top", [self._scope, self.name, limit])

    def getAllDataFile(self, format="json"):
        rows = self.getAllData()
        if str(format).lower() == "csv":
            return File(f"{self.name}.csv", _csv_text(["user", "value"], rows))
        return File(f"{self.name}.json", json.dumps(rows, indent=1))

    getDataFile = getAllDataFile

    def clearAllData(self):
        """Forgets this number of everybody. Gives how many there were."""
        return host_call("libs.Resources.clear", [self._scope, self.name, None])

    removeAllData = deleteAllUsersData = clearAllData

    def removeDataOfUser(self, user=None):
        """Forgets this number of one user."""
        return host_call("libs.Resources.clear", [self._scope, self.name, str(user or self._owner or _now["user"])])

    deleteSingleUserData = removeDataOfUser

    def removeAllDataOfUser(self, user=None):
        """Forgets every number of one user."""
        return host_call("libs.Resources.clear", [self._scope, None, str(user or self._owner or _now["user"])])

    clearAllUserOrAccountData = removeAllDataOfUser

    def __getattr__(self, name):
        if name.startswith("_") or canonical(name) == name:
            raise AttributeError(f"a resource has no '{name}'")
        return getattr(self, canonical(name))

    def __repr__(self):
        return f"<resource {self.name!r}>"


def _number(value):
    return float(value) if isinstance(value, str) else value


def _user_res(name, user=None):
    """A number of a user; of the current one unless another is named."""
    return _Resource("user", name, user)


def _another_res(name, user=None):
    return _Resource("user", name, user)


def _global_res(name):
    """A number of the bot."""
    return _Resource("global", name)


def _account_res(name):
    """A number that all bots of the account share."""
    return _Resource("account", name)


def _csv_text(headers, rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, headers, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


class CSVHandler:
    """A table that the bot keeps, by the name of its file: `libs.CSV.CSVHandler("users.csv")`."""

    def __init__(self, file):
        self.file = str(file)

    @property
    def _name(self):
        return f"csv:{self.file}"

    def _load(self):
        return host_call("Bot.getData", [self._name]) or {"headers": [], "rows": []}

    def _save(self, headers, rows):
        host_call("Bot.saveData", [self._name, _value({"headers": headers, "rows": rows})])
        return True

    def create_csv(self, headers):
        """Begins a table with these columns; what was in it is gone."""
        return self._save([str(header) for header in headers], [])

    def add_row(self, row):
        table = self._load()
        headers = table["headers"] + [str(key) for key in row if str(key) not in table["headers"]]
        return self._save(headers, table["rows"] + [{str(key): value for key, value in row.items()}])

    def edit_row(self, index, row):
        table = self._load()
        table["rows"][index].update({str(key): value for key, value in row.items()})
        return self._save(table["headers"] + [key for key in map(str, row) if key not in table["headers"]], table["rows"])

    def delete_row(self, index):
        table = self._load()
        del table["rows"][index]
        return self._save(table["headers"], table["rows"])

    def rows(self):
        return self._load()["rows"]

    def get(self):
        """The table as a file in memory, for bot.sendDocument."""
        table = self._load()
        return File(self.file, _csv_text(table["headers"], table["rows"]))

    def delete(self):
        host_call("Bot.deleteData", [self._name])
        return True

    createCsv, addRow, editRow, deleteRow = create_csv, add_row, edit_row, delete_row
