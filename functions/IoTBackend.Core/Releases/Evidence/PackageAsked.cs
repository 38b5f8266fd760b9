namespace IoTBackend.Core.Releases.Evidence;

/// <summary>A package as somebody asks for it: <c>name</c>, <c>name@version</c>, or a package URL (package-url/purl-spec), of which qualifiers do not count.</summary>
internal sealed class PackageAsked
{
    private const string Url = "pkg:";

    private readonly HashSet<string> _names;
    private readonly string? _version;

    public PackageAsked(string text)
    {
        var isUrl = text.StartsWith(Url, StringComparison.OrdinalIgnoreCase);
        if (isUrl)
            text = text[Url.Length..].Split('?', '#')[0];
        // A scope's @ comes first: @angular/core.
        var at = text.LastIndexOf('@');
        var name = at > 0 ? text[..at] : text;
        _version = at > 0 ? Unescaped(text[(at + 1)..]) : null;
        _names = new(StringComparer.OrdinalIgnoreCase) { name };
        if (isUrl && name.Split('/').Select(Unescaped).ToArray() is [_, .. var space, var last])
            // Tools name it with its namespace (@angular/core, org.apache:log4j) or without.
            _names = new([last, string.Join('/', [.. space, last]), $"{string.Join('.', space)}:{last}"], StringComparer.OrdinalIgnoreCase);

        string Unescaped(string part) => isUrl ? Uri.UnescapeDataString(part) : part;
    }

    public bool Is(FoundPackage package) => _names.Contains(package.Name) && (_version is null || package.Version == _version);
}
