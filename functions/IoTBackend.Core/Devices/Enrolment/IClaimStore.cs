namespace IoTBackend.Core.Devices.Enrolment;

/// <summary>Claims, and the places taken in each.</summary>
public interface IClaimStore
{
    Task AddAsync(Claim claim, CancellationToken cancellationToken);

    Task<Claim?> FindAsync(string id, CancellationToken cancellationToken);

    Task<IReadOnlyList<Claim>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Null = there is none. Who was let in already stays.</summary>
    Task<Claim?> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>By place, from 0.</summary>
    Task<IReadOnlyDictionary<int, ClaimUse>> UsesAsync(string id, CancellationToken cancellationToken);

    /// <summary>One of any number at once succeeds; false = the place is taken.</summary>
    Task<bool> TryUseAsync(string id, int place, ClaimUse use, CancellationToken cancellationToken);

    /// <summary>Forgets claims that ended before then, with who used them.</summary>
    Task TrimAsync(DateTimeOffset endedBefore, CancellationToken cancellationToken);
}
