namespace IoTBackend.Cli.Connect;

/// <summary>Which backend, and as whom.</summary>
/// <param name="Url">Its address, without <c>/api</c>.</param>
/// <param name="Key">The operator key.</param>
/// <param name="KeySource">Where the key was found, for messages.</param>
internal sealed record Connection(Uri Url, string Key, string KeySource)
{
    public const string LocalUrl = "http://127.0.0.1:7071";

    /// <summary>
    /// The profile; else the address and <c>IOT_OPERATOR_KEY</c>; else the stack on this machine and its key file.
    /// A local stack's key is given to nobody but this machine.
    /// </summary>
    /// <param name="around">The environment.</param>
    /// <param name="profile">Null = <c>IOT_PROFILE</c>, if that is set.</param>
    /// <param name="url">Null = <c>IOT_URL</c>, if that is set.</param>
    /// <param name="key">Replaces every other.</param>
    /// <exception cref="CliException">It is not known where to, or with which key.</exception>
    public static Connection Find(Surroundings around, string? profile = null, string? url = null, string? key = null)
    {
        if (profile is not null && url is not null)
            throw CliException.Usage("--profile and --url both say which backend; give one of them.");
        if (url is null && (profile ?? around.Setting("IOT_PROFILE")) is { } name)
            return Profiles.Find(around, name);
        var stack = Path.Combine(around.LocalState, "address");
        var address = Address(url ?? around.Setting("IOT_URL") ?? (File.Exists(stack) ? File.ReadAllText(stack).Trim() : LocalUrl));
        if (key is not null)
            return new(address, key, "--key");
        if (around.Setting("IOT_OPERATOR_KEY") is { } set)
            return new(address, set.Trim(), "IOT_OPERATOR_KEY");
        var file = Path.Combine(around.LocalState, "operator.key");
        if (address.IsLoopback && File.Exists(file))
            return new(address, File.ReadAllText(file).Trim(), file);
        throw CliException.Usage(address.IsLoopback
            ? $"no operator key: start the backend with scripts/run, set IOT_OPERATOR_KEY, or use a profile (iot profiles set --help). There is no {file}."
            : $"no operator key for {address.Host}: set IOT_OPERATOR_KEY, or use a profile (iot profiles set --help).");
    }

    /// <exception cref="CliException">No http or https address, or one with a user name or a query in it.</exception>
    public static Uri Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url is { UserInfo: "", Query: "", Fragment: "" }
            ? new(url.GetLeftPart(UriPartial.Path).TrimEnd('/'))
            : throw CliException.Usage($"not an address of a backend: {text}. One looks like https://iot.example.com, without user name and query.");

    /// <summary>The key would be readable on the way.</summary>
    public bool IsExposed => Url.Scheme == "http" && !Url.IsLoopback;

    /// <summary>Without the key: records print all they have.</summary>
    public override string ToString() => Url.ToString();
}
