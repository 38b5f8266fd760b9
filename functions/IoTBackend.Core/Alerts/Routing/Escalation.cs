namespace IoTBackend.Core.Alerts.Routing;

/// <summary>Who is told next while nobody acknowledges an alert.</summary>
public sealed record Escalation
{
    public string Name { get; init; } = "";

    /// <summary>One after the other; 1 to 10.</summary>
    public IReadOnlyList<EscalationStep> Steps { get; init; } = [];

    /// <summary>How often the whole chain is gone through again after its first time; 0 to 20.</summary>
    public int Repeat { get; init; }

    /// <summary>The step of a number that counts on through the repeats; null = the chain has ended.</summary>
    public EscalationStep? this[int number] => number < Steps.Count * (1 + Repeat) ? Steps[number % Steps.Count] : null;

    /// <summary>The first thing that is wrong; null = nothing.</summary>
    public string? Check(IReadOnlyCollection<string> channels) =>
        Shared.Name.Check("name", Name)
        ?? (Steps.Count is < 1 or > 10 ? "steps must hold 1 to 10 steps." : null)
        ?? (Repeat is < 0 or > 20 ? "repeat must be 0 to 20." : null)
        ?? Steps.Select((s, i) => s.Check($"steps[{i}]", channels)).FirstOrDefault(wrong => wrong is not null);
}

/// <param name="After">Time without an acknowledgement since the step before, or since the alert was told; PT1M to P7D.</param>
/// <param name="Channels">Who is told then.</param>
public sealed record EscalationStep(TimeSpan After, IReadOnlyList<string>? Channels)
{
    internal string? Check(string at, IReadOnlyCollection<string> channels) =>
        After < TimeSpan.FromMinutes(1) || After > TimeSpan.FromDays(7) ? $"{at}.after must be PT1M to P7D."
        : Channels is not { Count: > 0 } ? $"{at}.channels must name at least one channel."
        : Channels.FirstOrDefault(c => !channels.Contains(c)) is { } wrong ? $"{at}.channels names '{wrong}', which is not there." : null;
}

public interface IEscalationStore
{
    Task<Escalation?> FindAsync(string name, CancellationToken cancellationToken);

    Task<IReadOnlyList<Escalation>> ListAsync(CancellationToken cancellationToken);

    Task SaveAsync(Escalation escalation, CancellationToken cancellationToken);

    /// <summary>False = there was none.</summary>
    Task<bool> DeleteAsync(string name, CancellationToken cancellationToken);
}

/// <summary>Something that becomes due by time.</summary>
/// <param name="At">When.</param>
/// <param name="AlertId">The alert that climbs, or the empty text.</param>
/// <param name="Step">The number of its next step.</param>
/// <param name="Mute">The mute that ends; null = it is an alert's step.</param>
public sealed record Due(DateTimeOffset At, string AlertId, int Step, string? Mute = null)
{
    /// <summary>As <see cref="Step"/>: an attack of which nothing was said since is over.</summary>
    public const int Quiet = -1;
}

/// <summary>What becomes due, in the order of time; what is looked up is what is due, however much is planned.</summary>
public interface IDueStore
{
    /// <summary>The same again changes nothing.</summary>
    Task AddAsync(Due due, CancellationToken cancellationToken);

    Task<IReadOnlyList<Due>> ListAsync(DateTimeOffset until, int top, CancellationToken cancellationToken);

    Task RemoveAsync(Due due, CancellationToken cancellationToken);
}
