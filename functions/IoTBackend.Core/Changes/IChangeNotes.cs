namespace IoTBackend.Core.Changes;

/// <summary>Kinds of things a page may show: the names of the wire.</summary>
public static class ChangeKinds
{
    public const string Alerts = "alerts";
    public const string Devices = "devices";
    public const string Models = "models";
    public const string Releases = "releases";
    public const string Settings = "settings";

    public static IReadOnlyList<string> All { get; } = [Alerts, Devices, Models, Releases, Settings];
}

/// <summary>Tells whoever looks on that something of a kind is new.</summary>
public interface IChangeNotes
{
    /// <summary>After the change is stored. Never fails: a note that is lost costs a page a minute.</summary>
    Task NoteAsync(string kind, CancellationToken cancellationToken);
}
