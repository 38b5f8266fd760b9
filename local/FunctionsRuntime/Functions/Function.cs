using System.Collections.Immutable;
using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace IoTBackend.Local.FunctionsHost.Functions;

/// <summary>A function as declared, with its call compiled.</summary>
internal sealed class Function : FunctionDefinition
{
    public Function(string name, MethodInfo method, ParameterInfo parameter, TriggerBindingAttribute trigger)
    {
        (Name, Method, TriggerParameter, Trigger) = (name, method, parameter, trigger);
        EntryPoint = $"{method.DeclaringType?.FullName}.{method.Name}";
        PathToAssembly = method.Module.FullyQualifiedName;
        Retry = method.GetCustomAttribute<RetryAttribute>();
        var type = trigger.GetType().Name;
        var binding = new Binding(parameter.Name ?? "", char.ToLowerInvariant(type[0]) + type[1..^"Attribute".Length]);
        InputBindings = ImmutableDictionary<string, BindingMetadata>.Empty.Add(binding.Name, binding);
        Call = CompiledCall.Of(this);
    }

    public MethodInfo Method { get; }

    public ParameterInfo TriggerParameter { get; }

    public TriggerBindingAttribute Trigger { get; }

    public RetryAttribute? Retry { get; }

    public Func<Invocation, Task> Call { get; }

    public override string Name { get; }

    public override string Id => Name;

    public override string EntryPoint { get; }

    public override string PathToAssembly { get; }

    public override IImmutableDictionary<string, BindingMetadata> InputBindings { get; }

    private sealed class Binding(string name, string type) : BindingMetadata
    {
        public override string Name => name;

        public override string Type => type;

        public override BindingDirection Direction => BindingDirection.In;
    }
}
