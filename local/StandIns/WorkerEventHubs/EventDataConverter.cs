using Azure.Core.Amqp;
using Azure.Messaging.EventHubs;
using Microsoft.Azure.Functions.Worker.Converters;
using Microsoft.Azure.Functions.Worker.Core;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>The host sends each event as the bytes of its AMQP message.</summary>
[SupportsDeferredBinding]
[SupportedTargetType(typeof(EventData))]
[SupportedTargetType(typeof(EventData[]))]
internal sealed class EventDataConverter : IInputConverter
{
    public ValueTask<ConversionResult> ConvertAsync(ConverterContext context)
    {
        try
        {
            return new(context.Source switch
            {
                ModelBindingData one => ConversionResult.Success(Event(one)),
                CollectionModelBindingData many => ConversionResult.Success(Array.ConvertAll(many.ModelBindingData, Event)),
                _ => ConversionResult.Unhandled(),
            });
        }
        catch (Exception unreadable)
        {
            return new(ConversionResult.Failed(unreadable));
        }
    }

    private static EventData Event(ModelBindingData data) => data is { Source: "AzureEventHubsEventData", ContentType: "application/octet-stream" }
        ? new(AmqpAnnotatedMessage.FromBytes(data.Content))
        : throw new InvalidOperationException($"'{data.Source}' as '{data.ContentType}' is no event.");
}
