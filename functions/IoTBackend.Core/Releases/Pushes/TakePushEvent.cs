namespace IoTBackend.Core.Releases.Pushes;

public enum PushEventOutcome
{
    /// <summary>To be read back.</summary>
    Queued,

    /// <summary>Understood, and nothing is to be done: a blob, a child, a pull, a ping, or a registry nobody configured.</summary>
    Ignored,

    /// <summary>Event Grid's handshake.</summary>
    Handshake,

    /// <summary>It does not show the key of any registry it could be about.</summary>
    Unproven,

    /// <summary>It shows a key and nobody knows what it says: the sender's own page is to show that.</summary>
    NotUnderstood,
}

/// <param name="Form">Who spoke; <c>unknown</c> when it was not understood.</param>
public readonly record struct PushEventReceipt(PushEventOutcome Outcome, string Form, string? ValidationCode = null, string? Reason = null);

/// <summary>
/// Takes what a registry posts. Everything authenticated and understood is answered well, also what is useless: Distribution repeats a
/// refused event for ever and holds up those behind it.
/// </summary>
public sealed class TakePushEvent(IRegistries registries, IReleaseWork work, TimeProvider time)
{
    /// <param name="onlyRegistry">From the address the operator gave the sender; null = any.</param>
    public async Task<PushEventReceipt> RunAsync(PushRequest request, string? onlyRegistry, CancellationToken cancellationToken)
    {
        var proof = new WebhookProof(request);
        var meant = (await registries.ListAsync(cancellationToken)).Where(r => onlyRegistry is null || r.Host == onlyRegistry).ToList();
        var proven = meant.Where(r => r.WebhookKey is null || proof.Shows(r.WebhookKey)).ToList();
        if (meant.Count > 0 && proven.Count == 0)
            return new(PushEventOutcome.Unproven, "unknown");

        var parsed = PushPayload.Parse(request);
        if (parsed.Value is not { } events)
            return new(PushEventOutcome.NotUnderstood, "unknown", Reason: parsed.Reason);
        if (events.ValidationCode is { } code)
            return new(PushEventOutcome.Handshake, events.Form, code);

        var queued = 0;
        var now = time.GetUtcNow();
        foreach (var hint in events.Hints)
        {
            var hosts = proven.Where(r => FollowPush.MayConcern(hint, r)).Select(r => r.Host).ToList();
            if (hosts.Count == 0)
                continue;
            // A sender's clock may be wrong, but nothing was pushed after it was told of.
            var pushed = hint.At is { } at && at < now ? at : now;
            await work.QueueAsync(new ReadPushWork(hosts, hint.Repository, hint.Tag, pushed), TimeSpan.Zero, cancellationToken);
            queued++;
        }

        return new(queued > 0 ? PushEventOutcome.Queued : PushEventOutcome.Ignored, events.Form);
    }
}
