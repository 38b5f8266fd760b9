using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Alerts.Episodes;

/// <summary>What somebody wrote to an alert.</summary>
/// <param name="At">When.</param>
/// <param name="By">Who, as they call themselves; null = nobody said.</param>
/// <param name="Text">1 to 1,000 characters.</param>
public sealed record Comment(DateTimeOffset At, string? By, string Text);

public interface ICommentStore
{
    Task AddAsync(string alertId, Comment comment, CancellationToken cancellationToken);

    /// <summary>The oldest first.</summary>
    Task<IReadOnlyList<Comment>> ListAsync(string alertId, CancellationToken cancellationToken);

    Task RemoveAsync(string alertId, CancellationToken cancellationToken);
}

/// <summary>What an operator does with an alert besides acknowledging it: says who looks after it, and writes to it.</summary>
public sealed class TendAlert(IAlertStore alerts, ICommentStore comments, TimeProvider time)
{
    private const int MaxAttempts = 8;

    /// <summary>Null = there is no such alert.</summary>
    /// <param name="alertId">The alert's.</param>
    /// <param name="assignee">Null = nobody any more.</param>
    /// <param name="by">Who says so.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<Alert?> AssignAsync(string alertId, string? assignee, string? by, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await alerts.FindAsync(alertId, cancellationToken) is not { } stored)
                return null;
            var next = stored.Alert with { Assignee = assignee };
            if (next == stored.Alert)
                return next;
            if (!await alerts.TrySaveAsync(stored with { Alert = next }, cancellationToken))
                continue;
            await alerts.ListOpenOrNotAsync(alertId, cancellationToken);
            await comments.AddAsync(alertId, new(time.GetUtcNow(), by, assignee is null ? "Assigned to nobody." : $"Assigned to {assignee}."), cancellationToken);
            return next;
        }

        throw new ConflictException("the alert");
    }

    /// <summary>False = there is no such alert.</summary>
    public async Task<bool> CommentAsync(string alertId, string? by, string text, CancellationToken cancellationToken)
    {
        if (await alerts.FindAsync(alertId, cancellationToken) is null)
            return false;
        await comments.AddAsync(alertId, new(time.GetUtcNow(), by, text), cancellationToken);
        return true;
    }
}
