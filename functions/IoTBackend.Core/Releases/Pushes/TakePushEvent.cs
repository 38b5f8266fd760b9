namespace IoTBackend.Core.Releases.Pushes;

public enum PushEventOutcome
{
    /// <summary>To be read back.</summary>
    Queued,

    /// <summary>Of no use: a blob, a child, a pull, a registry nobody configured, or nothing we understand.</summary>
    Ignored,

    /// <summary>Event Grid's handshake.</summary>
    Handshake,

    /// <summary>It does not show the key of any registry it could be about.</summary>
    Unproven,
}

/// <param name="Form">Who spoke; <c>unknown</c> when it was not understood.</param>
public readonly record struct PushEventReceipt(PushEventOutcome Outcome, string Form, string? ValidationCode = null, string? Reason = null);

/// <summary>
/// Takes what a registry posts. Everything authenticated is answered well, also what is useless: Distribution repeats a refused
/// event for ever and holds up those behind it.
/// </summary>
public sealed class TakePushEvent(IRegistries registries, IReleaseWork work)
{
    /// <param name="onlyRegistry">From the address the operator gave the sender; null = any.</param>
    public async Task<PushEventReceipt> RunAsync(WebhookProof proof, string? onlyRegistry, CancellationToken cancellationToken)
    {
        var meant = (await registries.ListAsync(cancellationToken)).Where(r => onlyRegistry is null || r.Host == onlyRegistry).ToList();
        var proven = meant.Where(r => r.WebhookKey is null || proof.Shows(r.WebhookKey)).ToList();
        if (meant.Count > 0 && proven.Count == 0)
            return new(PushEventOutcome.Unproven, "unknown");

        var parsed = PushPayload.Parse(proof.Body);
        if (parsed.Value is not { } events)
            return new(PushEventOutcome.Ignored, "unknown", Reason: parsed.Reason);
        if (events.ValidationCode is { } code)
            return new(PushEventOutcome.Handshake, events.Form, code);

        var queued = 0;
        foreach (var hint in events.Hints)
        {
            var hosts = proven.Where(r => FollowPush.MayConcern(hint, r)).Select(r => r.Host).ToList();
            if (hosts.Count == 0)
                continue;
            await work.QueueAsync(new ReadPushWork(hosts, hint.Repository, hint.Tag), cancellationToken);
            queued++;
        }

        return new(queued > 0 ? PushEventOutcome.Queued : PushEventOutcome.Ignored, events.Form);
    }
}
