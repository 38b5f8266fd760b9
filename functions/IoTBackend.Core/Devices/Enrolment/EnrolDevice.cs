using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Devices.Enrolment;

/// <summary>Why a device was not let in.</summary>
public enum EnrolmentRefusal
{
    /// <summary>The token was made up, or its claim has expired or was revoked; the device is not told which.</summary>
    Token,

    /// <summary>The claim is for ids that begin otherwise.</summary>
    Id,

    /// <summary>As many devices as the claim is for have enrolled.</summary>
    UsedUp,

    /// <summary>The id is or was registered, by another enrolment or by an operator.</summary>
    Taken,

    /// <summary>Too many ask with this claim.</summary>
    TooOften,
}

/// <param name="Registered">With its keys; null = refused.</param>
/// <param name="IsNew">False: the answer of before, once more.</param>
/// <param name="Claim">Id of the claim, where the token was one of ours.</param>
/// <param name="Wait">For <see cref="EnrolmentRefusal.TooOften"/>.</param>
public readonly record struct EnrolmentOutcome(Registered? Registered, bool IsNew, EnrolmentRefusal? Refusal, string? Claim, TimeSpan Wait = default);

/// <summary>
/// Gives a device with a claim a key of its own. First it takes one of the claim's places, which is a row that can be added once, then the
/// device is registered, which is one write too. A process that dies between the two has spent the place on this device, which gets
/// its key when it asks again; one that dies before it has answered answers the same again. Nobody gets the key of a device that is there.
/// </summary>
public sealed class EnrolDevice(ClaimTokens tokens, IClaimStore claims, IDeviceStore devices, DeviceRegistration registration, TimeProvider time)
{
    /// <summary>Requests a second with one claim, per instance of the backend.</summary>
    public const int PerSecond = 10;

    /// <summary>Requests at once with one claim: a line of devices that is switched on.</summary>
    public const int Burst = 200;

    private const int MaxAttempts = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Budgets _budgets = new(PerSecond, Burst, time);

    public async Task<EnrolmentOutcome> RunAsync(EnrolRequest request, CancellationToken cancellationToken)
    {
        if (tokens.Read(request.Token) is not { } id)
            return new(null, false, EnrolmentRefusal.Token, null);
        var budget = _budgets.Of(id);
        if (budget.Wait() is { Ticks: > 0 } wait)
            return new(null, false, EnrolmentRefusal.TooOften, id, wait);
        budget.Spend(1);
        var now = time.GetUtcNow();
        if (await claims.FindAsync(id, cancellationToken) is not { } claim || !claim.IsOpen(now))
            return Refused(EnrolmentRefusal.Token);
        if (!claim.IsFor(request.DeviceId))
            return Refused(EnrolmentRefusal.Id);

        var enrolled = Enrolled.Of(id, request, now);
        var stored = await devices.LoadAsync(request.DeviceId, cancellationToken);
        if (stored is not null && !enrolled.Made(stored))
            return Refused(EnrolmentRefusal.Taken);
        if (stored is null && await TakePlaceAsync(claim, request.DeviceId, enrolled, cancellationToken) is { } refusal)
            return Refused(refusal);
        var wanted = claim.Asked with { Platform = claim.Asked.Platform ?? request.Platform };
        return await registration.EnrolAsync(request.DeviceId, wanted, enrolled, cancellationToken) is { } registered
            ? new(registered, stored is null, null, id)
            : Refused(EnrolmentRefusal.Taken);

        EnrolmentOutcome Refused(EnrolmentRefusal reason) => new(null, false, reason, id, Pause);
    }

    /// <summary>Null = it has one: the one it took before is its own.</summary>
    private async Task<EnrolmentRefusal?> TakePlaceAsync(Claim claim, string deviceId, Enrolled enrolled, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var uses = await claims.UsesAsync(claim.Id, cancellationToken);
            if (uses.Values.Any(use => enrolled.Proves(use.Proof)))
                return null;
            var free = Enumerable.Range(0, claim.Asked.Uses).Where(place => !uses.ContainsKey(place)).ToArray();
            if (free.Length == 0)
                return EnrolmentRefusal.UsedUp;
            // Any of them: of many devices at once few meet at one place.
            if (await claims.TryUseAsync(claim.Id, Random.Shared.GetItems(free, 1)[0], new(deviceId, enrolled.Proof, enrolled.At), cancellationToken))
                return null;
        }

        return EnrolmentRefusal.TooOften;
    }
}
