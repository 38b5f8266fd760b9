using System.Text.Json;

namespace IoTBackend.EventHubEmulator.Hubs;

/// <summary>Publishers whose tokens are void however long they would still run. Kept in a file beside the hub's partitions.</summary>
internal sealed class RevokedPublishers
{
    private readonly string _path;
    private readonly Lock _lock = new();
    private volatile HashSet<string> _names;

    public RevokedPublishers(string path)
    {
        _path = path;
        _names = File.Exists(path)
            ? new(JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(path)) ?? [], StringComparer.OrdinalIgnoreCase)
            : new(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>With the name of a publisher that has just been revoked.</summary>
    public event Action<string>? Revoked;

    public IReadOnlyCollection<string> Names => _names;

    public bool Contains(string publisher) => _names.Contains(publisher);

    public void Revoke(string publisher)
    {
        Change(names => names.Add(publisher));
        Revoked?.Invoke(publisher);
    }

    /// <summary>False when the publisher was not revoked.</summary>
    public bool Restore(string publisher) => Change(names => names.Remove(publisher));

    private bool Change(Func<HashSet<string>, bool> change)
    {
        lock (_lock)
        {
            var names = new HashSet<string>(_names, StringComparer.OrdinalIgnoreCase);
            if (!change(names)) return false;
            var draft = _path + ".new";
            File.WriteAllBytes(draft, JsonSerializer.SerializeToUtf8Bytes(names.Order(StringComparer.Ordinal)));
            File.Move(draft, _path, overwrite: true);
            _names = names;
            return true;
        }
    }
}
