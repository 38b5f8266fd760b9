namespace IoTBackend.EventHubEmulator.Authorization;

/// <summary>What a rule allows; Manage includes the others.</summary>
[Flags]
internal enum AccessRights
{
    None = 0,
    Send = 1,
    Listen = 2,
    Manage = 4 | Send | Listen,
}

/// <summary>A shared access policy. <paramref name="Hub"/> null: of the namespace, valid for every hub.</summary>
internal sealed record AuthorizationRule(string Name, string Key, AccessRights Rights, string? Hub);

/// <summary>What a token proved: rights on a path and everything below it, until it expires.</summary>
internal sealed record Grant(EntityPath Path, AccessRights Rights, DateTimeOffset ExpiresAt)
{
    public bool Allows(EntityPath path, AccessRights rights, DateTimeOffset now) =>
        ExpiresAt > now && (Rights & rights) != 0 && Path.Contains(path);
}
