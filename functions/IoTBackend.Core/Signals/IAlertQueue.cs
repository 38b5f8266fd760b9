namespace IoTBackend.Core.Signals;

/// <summary>Takes alert steps on their way to the operators. Durable once it returns; at-least-once.</summary>
public interface IAlertQueue
{
    Task EnqueueAsync(AlertTransition transition, CancellationToken cancellationToken);
}
