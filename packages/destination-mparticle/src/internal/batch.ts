/** An mParticle batch, as far as we fill it, in the words of the Events API's JSON reference. */
export interface MParticleBatch {
  readonly environment: "production" | "development"
  readonly source_request_id: string
  user_identities?: Identities
  user_attributes?: { readonly $mobile: string }
  device_info?: DeviceInfo
  context?: { readonly data_plan: DataPlan }
  readonly events: ReadonlyArray<MParticleEvent>
}

export interface DataPlan {
  readonly plan_id: string
  readonly plan_version?: number
}

export type Identities = { [type: string]: string }

export type Attributes = { [name: string]: string }

export interface DeviceInfo {
  platform?: string
  os_version?: string
  device_model?: string
  ios_idfv?: string
  ios_advertising_id?: string
  android_advertising_id?: string
  microsoft_advertising_id?: string
  roku_advertising_id?: string
  limit_ad_tracking?: boolean
}

export interface EventData {
  readonly event_name?: string
  readonly custom_event_type?: "other"
  readonly product_action?: ProductAction
  readonly currency_code?: string
  readonly timestamp_unixtime_ms: number
  readonly source_message_id: string
  readonly custom_attributes: Attributes
}

export interface ProductAction {
  readonly action: "purchase"
  readonly transaction_id: string
  readonly total_amount: number
  readonly products: readonly [Product]
}

export interface Product {
  readonly id: string
  readonly name: string
  readonly price: number
  readonly quantity: number
  readonly total_product_amount: number
}

export interface MParticleEvent {
  readonly event_type: "custom_event" | "uninstall" | "commerce_event"
  readonly data: EventData
}
