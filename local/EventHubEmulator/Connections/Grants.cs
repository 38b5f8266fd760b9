using IoTBackend.EventHubEmulator.Authorization;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>What the tokens put on one connection allow. Only under the connection's gate.</summary>
internal sealed class Grants(TimeProvider time)
{
    private const int Maximum = 2000;
    private readonly List<Grant> _grants = [];

    public bool WasEverGranted { get; set; }

    /// <summary>A later token for the same path replaces the earlier one, if it lasts longer or grants something else.</summary>
    public void Add(Grant grant)
    {
        WasEverGranted = true;
        var now = time.GetUtcNow();
        _grants.RemoveAll(known => known.ExpiresAt <= now || (known.Path == grant.Path && known.Rights == grant.Rights && known.ExpiresAt <= grant.ExpiresAt));
        if (_grants.Count < Maximum) _grants.Add(grant);
    }

    /// <summary>Whether a token that is no longer good would have allowed it.</summary>
    public bool AllowedOnce(EntityPath path, AccessRights rights) =>
        _grants.Exists(grant => grant.Allows(path, rights, DateTimeOffset.MinValue));

    public bool Allow(EntityPath path, AccessRights rights)
    {
        var now = time.GetUtcNow();
        return _grants.Exists(grant => grant.Allows(path, rights, now));
    }
}
