namespace IoTBackend.Agent.Host;

/// <summary>Secrets in files: whoever else may read one makes it none.</summary>
internal static class PrivateFile
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Null = it may be used.</summary>
    public static string? Fault(string path)
    {
        if (!File.Exists(path))
            return $"there is no {path}.";
        return (File.GetUnixFileMode(path) & Others) == 0 ? null : $"{path} can be read or changed by others: chmod 600 {path}";
    }

    /// <summary>Its text without white space around it.</summary>
    /// <exception cref="IOException">It is missing, or open to others.</exception>
    public static string Read(string path) => Fault(path) is { } fault ? throw new IOException(fault) : File.ReadAllText(path).Trim();
}
