using System.Collections;
using System.Collections.ObjectModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace IoTBackend.Local.FunctionsHost.Functions;

/// <summary>One invocation. Everything a function may not ask for is made when it is asked for: a bare call costs this object alone.</summary>
internal sealed class Invocation(Function function, AppServices app, CancellationToken cancellationToken = default)
    : FunctionContext, IKeyedServiceProvider, IAsyncDisposable
{
    private AsyncServiceScope? scope;
    private IServiceProvider? services;
    private string? id;

    public Function Function => function;

    public IServiceProvider Root => app.Root;

    public HttpContext? Http { get; init; }

    public HttpRequest Request => Http!.Request;

    public object? TriggerValue { get; init; }

    public IReadOnlyDictionary<string, object?>? Metadata { get; init; }

    public int Attempt { get; init; }

    public object? Result { get; set; }

    public override string InvocationId => id ??= Guid.NewGuid().ToString();

    public override string FunctionId => function.Id;

    public override FunctionDefinition FunctionDefinition => function;

    public override CancellationToken CancellationToken => Http?.RequestAborted ?? cancellationToken;

    public override TraceContext TraceContext => field ??= new Trace(Http);

    public override BindingContext BindingContext => field ??= new Data(Metadata ?? Http?.Request.RouteValues.AsReadOnly());

    public override RetryContext RetryContext => field ??= new Retries(Attempt, function.Retry?.MaxRetryCount ?? 0);

    public override IDictionary<object, object> Items { get => field ??= new Dictionary<object, object>(); set; }

    public override IInvocationFeatures Features => field ??= new FeatureSet();

    public override IServiceProvider InstanceServices
    {
        get => services ?? this;
        set => services = value;
    }

    private IServiceProvider Scope => Http?.RequestServices ?? (scope ??= app.Root.CreateAsyncScope()).ServiceProvider;

    object? IServiceProvider.GetService(Type serviceType) => (app.IsSingleton(serviceType) ? app.Root : Scope).GetService(serviceType);

    object? IKeyedServiceProvider.GetKeyedService(Type serviceType, object? serviceKey) => ((IKeyedServiceProvider)Scope).GetKeyedService(serviceType, serviceKey);

    object IKeyedServiceProvider.GetRequiredKeyedService(Type serviceType, object? serviceKey) => Scope.GetRequiredKeyedService(serviceType, serviceKey);

    public ValueTask DisposeAsync() => scope?.DisposeAsync() ?? default;

    private sealed class Data(IReadOnlyDictionary<string, object?>? data) : BindingContext
    {
        public override IReadOnlyDictionary<string, object?> BindingData { get; } = data ?? ReadOnlyDictionary<string, object?>.Empty;
    }

    private sealed class Retries(int count, int max) : RetryContext
    {
        public override int RetryCount => count;

        public override int MaxRetryCount => max;
    }

    private sealed class Trace(HttpContext? http) : TraceContext
    {
        public override string TraceParent => http?.Request.Headers.TraceParent.ToString() is { Length: > 0 } parent ? parent : Activity.Current?.Id ?? "";

        public override string TraceState => http?.Request.Headers.TraceState.ToString() ?? "";
    }

    private sealed class FeatureSet : IInvocationFeatures
    {
        private readonly Dictionary<Type, object> features = [];

        public void Set<T>(T instance) => features[typeof(T)] = instance ?? throw new ArgumentNullException(nameof(instance));

        public T? Get<T>() => features.TryGetValue(typeof(T), out var feature) ? (T)feature : default;

        public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() => features.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
