using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;

namespace IoTBackend.Agent.Updates;

internal enum StepKind
{
    Create,
    Stop,
    Start,
    Remove,
}

/// <param name="Subject">An image to make a container of, or a container's id.</param>
/// <param name="Image">Whose container it is.</param>
internal sealed record Step(StepKind Kind, string Subject, string Image);

/// <summary>
/// The one rule by which containers change: from what is meant and what there is, the next step, until there is none. It knows no history, so
/// that after a death at any point the same rule goes on. Its order keeps the promises: what is needed is made before anything is stopped, what
/// must not run is stopped before another starts, and nothing is removed before what is to run runs.
/// </summary>
internal static class Convergence
{
    public static Step? Next(WorkloadRecord record, Strategy strategy, IReadOnlyList<SeenContainer> containers)
    {
        var running = record.Running(strategy);
        foreach (var image in running)
        {
            if (!containers.Any(c => c.Image == image))
                return new(StepKind.Create, image, image);
        }

        // Of two with one image one is enough; the one that runs is kept.
        var kept = containers.Where(c => running.Contains(c.Image)).GroupBy(c => c.Image).Select(g => g.OrderByDescending(c => c.Running).ThenBy(c => c.Id, StringComparer.Ordinal).First().Id).ToHashSet();
        foreach (var container in containers)
        {
            if (container.Running && !kept.Contains(container.Id))
                return new(StepKind.Stop, container.Id, container.Image);
        }

        foreach (var container in containers)
        {
            if (!container.Running && kept.Contains(container.Id))
                return new(StepKind.Start, container.Id, container.Image);
        }

        foreach (var container in containers)
        {
            if (!kept.Contains(container.Id) && container.Image != record.Standby)
                return new(StepKind.Remove, container.Id, container.Image);
        }

        return null;
    }
}
